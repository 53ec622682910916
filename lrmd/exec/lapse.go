package exec

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// instanceVar is how agents, and what they leave running, know which resource they are.
const instanceVar = "OCF_RESOURCE_INSTANCE="

// KillServices kills, at once and hard, the processes that agents of these resources left
// running below this process: what fencing would do to them, and no more. It returns how
// many there were. Services that run elsewhere (of systemd, in containers) are not found.
func KillServices(resources []crm.ResourceID) (killed int) {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if data, err := os.ReadFile(path); err == nil {
			parents[pid] = parentIn(data)
		}
	}
	self := os.Getpid()
	for _, pid := range descendants(parents, self) {
		environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err == nil && slices.Contains(resources, instanceOf(environ)) && unix.Kill(pid, unix.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

// parentIn reads the parent from a line of /proc/PID/stat; the name in it may contain
// anything.
func parentIn(stat []byte) int {
	_, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields := strings.Fields(string(rest))
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// descendants lists the processes below one, in order.
func descendants(parents map[int]int, top int) (list []int) {
	for pid := range parents {
		for p, n := pid, 0; p > 1 && n < len(parents); p, n = parents[p], n+1 {
			if parents[p] == top {
				list = append(list, pid)
				break
			}
		}
	}
	slices.Sort(list)
	return list
}

// instanceOf finds the resource in a process's environment; "" when it is of none.
func instanceOf(environ []byte) crm.ResourceID {
	for kv := range bytes.SplitSeq(environ, []byte{0}) {
		if id, ok := bytes.CutPrefix(kv, []byte(instanceVar)); ok {
			return crm.ResourceID(id)
		}
	}
	return ""
}
