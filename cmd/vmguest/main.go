// Command vmguest is the first process of the tests' virtual machines.
package main

import (
	"os"

	"github.com/tactus-ha/tactus/internal/vm/guest"
)

func main() { os.Exit(guest.Main(os.Args)) }
