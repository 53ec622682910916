package fencedevices

import "strings"

// Chassis is a Dell blade chassis with its management controller (DRAC CMC), as
// fence_drac5 knows it. Its modules are called as the machines are.
type Chassis struct{ Machines *Machines }

// Prompts are what the controller asks for.
func (d Chassis) Prompts() (user, password string) { return "Login: ", "Password: " }

// Serve answers commands.
func (d Chassis) Serve(c *Console) {
	c.Print("\nWelcome to the CMC firmware version 3.00\n")
	for {
		c.Print("$ ")
		line, err := c.ReadLine()
		words := strings.Fields(line)
		switch {
		case err != nil || len(words) > 0 && words[0] == "exit":
			return
		case len(words) == 0 || line == interrupt:
		case words[0] == "getmodinfo":
			c.Print("<module>        <presence>      <pwrState>      <health>        <svcTag>\n")
			for _, o := range d.Machines.outlets() {
				c.Print("%-15s Present         %-15s OK              N/A\n", o.name, o.state)
			}
		case len(words) == 5 && words[0] == "racadm" && words[1] == "serveraction" && words[3] == "-m":
			d.serverAction(c, words[2], words[4])
		default:
			c.Print("ERROR: command not understood\n")
		}
	}
}

func (d Chassis) serverAction(c *Console, action, module string) {
	switch {
	case !d.Machines.has(module):
		c.Print("ERROR: invalid module name\n")
	case action == "powerstatus":
		state := "OFF"
		if d.Machines.On(module) {
			state = "ON"
		}
		c.Print("Server power status: %s\n", state)
	case action == "powerup" || action == "powerdown":
		d.Machines.turn(module, action == "powerup")
		c.Print("Server power operation successful\n")
	default:
		c.Print("ERROR: invalid action\n")
	}
}
