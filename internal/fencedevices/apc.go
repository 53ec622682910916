package fencedevices

import "fmt"

// APC is a rack PDU of APC with its third generation of menus (AOS 3), as fence_apc
// knows them.
type APC struct{ Machines *Machines }

// Prompts are what the PDU asks for.
func (a APC) Prompts() (user, password string) { return "User Name : ", "Password  : " }

// apcMenu is where in the menus the user is.
type apcMenu int

const (
	apcMain apcMenu = iota
	apcDevice
	apcManagement
	apcOutlets
	apcOutlet
	apcControl
	apcConfirm
	apcDone
)

// apcDown says which menu a choice leads to; control-C always leads to the main menu.
var apcDown = map[apcMenu]map[string]apcMenu{
	apcMain:       {"1": apcDevice},
	apcDevice:     {"2": apcManagement},
	apcManagement: {"1": apcOutlets},
	apcOutlet:     {"1": apcControl},
	apcControl:    {"1": apcConfirm, "2": apcConfirm},
	apcDone:       {"": apcControl},
}

// Serve shows menus and does what is chosen.
func (a APC) Serve(c *Console) {
	menu, chosen, action := apcMain, "", ""
	for {
		a.show(c, menu, chosen)
		line, err := c.ReadLine()
		if err != nil || menu == apcMain && line == "4" {
			return
		}
		next, ok := apcDown[menu][line]
		switch {
		case line == interrupt:
			next = apcMain
		case menu == apcOutlets && a.Machines.has(line):
			next, chosen = apcOutlet, line
		case menu == apcConfirm && line == "YES":
			next = apcDone
			a.Machines.turn(chosen, action == "1")
		case menu == apcConfirm:
			next = apcControl
		case !ok:
			next = menu // refresh
		case menu == apcControl:
			action = line
		}
		menu = next
	}
}

func (a APC) show(c *Console, menu apcMenu, chosen string) {
	head := func(title string) {
		c.Print("\n------- %s -------------------------------------------------------\n\n", title)
	}
	const foot = "\n     <ESC>- Back, <ENTER>- Refresh, <CTRL-L>- Event Log\n\n> "
	switch menu {
	case apcMain:
		head("Control Console")
		c.Print("     1- Device Manager\n     2- Network\n     3- System\n     4- Logout\n" + foot)
	case apcDevice:
		head("Device Manager")
		c.Print("     1- Phase Management\n     2- Outlet Management\n     3- Power Supply Status\n" + foot)
	case apcManagement:
		head("Outlet Management")
		c.Print("     1- Outlet Control/Configuration\n     2- Outlet Restriction\n" + foot)
	case apcOutlets:
		head("Outlet Control/Configuration")
		for _, o := range a.Machines.outlets() {
			c.Print("     %d- %-24s %s\n", o.number, o.name, o.state)
		}
		c.Print("     %d- Master Control/Configuration\n"+foot, len(a.Machines.outlets())+1)
	case apcOutlet:
		head(fmt.Sprintf("Outlet %s", chosen))
		c.Print("     1- Control Outlet\n     2- Configure Outlet\n" + foot)
	case apcControl:
		head("Control Outlet")
		c.Print("     1- Immediate On\n     2- Immediate Off\n     3- Immediate Reboot\n" + foot)
	case apcConfirm:
		c.Print("\n        -----------------------------------------------------------------------\n        Enter 'YES' to continue or <ENTER> to cancel : ")
	case apcDone:
		c.Print("        Command successfully issued.\n        Press <ENTER> to continue...")
	}
}
