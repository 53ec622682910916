// scratch
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/tactus-ha/tactus/internal/demo"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == demo.ResponderCommand {
		fmt.Println(demo.Respond(context.Background()))
		return
	}
	testcluster.Enter()
	n, _ := strconv.Atoi(os.Args[1])
	opts := testcluster.Options{Links: 2, Dir: "/tmp/play", OCFRoot: os.Getenv("PLAY_OCF")}
	os.RemoveAll("/tmp/play")
	os.MkdirAll("/tmp/play", 0o755)
	for i := range n {
		opts.Nodes = append(opts.Nodes, fmt.Sprintf("server%d", i+1))
	}
	c, err := testcluster.New(opts)
	if err != nil {
		panic(err)
	}
	exe, _ := os.Executable()
	for _, n := range c.Nodes {
		n.Start("ldap", nil, exe, demo.ResponderCommand)
	}
	c.StartDaemons()
	sh := exec.Command("bash", os.Args[2])
	sh.Env = append(os.Environ(), c.Nodes[0].Environment()...)
	sh.Stdin, sh.Stdout, sh.Stderr = os.Stdin, os.Stdout, os.Stderr
	sh.Run()
	c.Close()
}
