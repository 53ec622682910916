// Command testreport makes a short report of `go test -json`; see package testreport.
package main

import (
	"fmt"
	"os"

	"github.com/tactus-ha/tactus/internal/testreport"
)

func main() {
	passed, err := testreport.Write(os.Stdout, os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}
