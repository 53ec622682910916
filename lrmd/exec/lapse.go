package exec

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// How agents, and what they leave running, know which resource they are, and of which executor.
const (
	instanceVar = "OCF_RESOURCE_INSTANCE="
	stateVar    = "HA_RSCTMP="
)

// KillServices kills, at once and hard, the processes that agents of these resources left
// running, those of an earlier executor included: what fencing would do to them, and no
// more. It returns how many there were. Services that run elsewhere (of systemd, in
// containers), or that gave up their environment, are not found.
func (r *Runner) KillServices(resources []crm.ResourceID) int {
	killed := map[int]bool{}
	// A process shows no environment in the moment it executes another program, and one that
	// is about to be killed may start others: only a look that finds nothing new is the last.
	for looks := 1; looks <= mostLooks; looks++ {
		if found := r.killServices(resources, killed); !found && looks >= leastLooks {
			break
		}
	}
	return len(killed)
}

// How often processes are looked through: at least, and at most where ever more appear.
const (
	leastLooks = 2
	mostLooks  = 100
)

// killServices looks for them once, and reports whether it killed one that was not killed before.
func (r *Runner) killServices(resources []crm.ResourceID, killed map[int]bool) (found bool) {
	here, _ := os.Readlink("/proc/self/ns/pid")
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		environ, err := os.ReadFile(dir + "/environ")
		if err != nil || pid == os.Getpid() || killed[pid] || !slices.Contains(resources, crm.ResourceID(valueOf(environ, instanceVar))) || !r.Dirs.keeps(valueOf(environ, stateVar)) {
			continue
		}
		if there, err := os.Readlink(dir + "/ns/pid"); err == nil && there == here && unix.Kill(pid, unix.SIGKILL) == nil {
			killed[pid], found = true, true
		}
	}
	return found
}

// valueOf finds a variable (its name with the "=") in a process's environment; "" when it is not set.
func valueOf(environ []byte, name string) string {
	for kv := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(kv, []byte(name)); ok {
			return string(value)
		}
	}
	return ""
}
