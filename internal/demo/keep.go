package demo

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/tactus-ha/tactus/internal/ldapresponder"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// Respond is the LDAP server of a demonstration node; it serves until it is killed.
func Respond(ctx context.Context) error {
	l, err := net.Listen("tcp", ":389")
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	return ldapresponder.Serve(ctx, l, host)
}

// Shell leaves the operator in a shell while the cluster runs; the cluster ends with it.
func Shell(nodes []*testcluster.Node) error {
	fmt.Printf("\nThe cluster runs on. You are at %s; try: crm_mon -1, crm configure show, crm_resource -M -r ldap -N %s\n", nodes[0].Name, nodes[len(nodes)-1].Name)
	for _, n := range nodes[1:] {
		fmt.Printf("To speak to %s: export TACTUS_ROOT=%s\n", n.Name, n.Root)
	}
	fmt.Println("`exit` ends it all.")
	shell := exec.Command("bash", "--norc", "-i")
	shell.Env = append(os.Environ(), nodes[0].Environment()...)
	shell.Env = append(shell.Env, `PS1=tactus demo \$ `)
	shell.Stdin, shell.Stdout, shell.Stderr = os.Stdin, os.Stdout, os.Stderr
	_ = shell.Run() // the exit code of the last command the operator typed says nothing about us
	return nil
}
