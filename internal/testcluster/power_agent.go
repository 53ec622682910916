package testcluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// powerVar holds the path of the switch's socket in a fence agent's process.
const (
	powerVar     = "TACTUS_TESTCLUSTER_POWER"
	powerFromVar = "TACTUS_TESTCLUSTER_POWER_FROM"
)

// PowerAgent is the name of the fence agent that operates the power switch of a test
// cluster: stonith:fence_testpower. Every node has it in its usr/sbin.
const PowerAgent = "fence_testpower"

// install puts the fence agent on a node. It is this very program: it needs nothing that
// a machine may lack.
func (s *Switch) install(n *Node) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	file := n.Path(filepath.Join("usr/sbin", PowerAgent))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\n%s='%s' %s='%s' exec '%s' \"$@\"\n", powerVar, s.listener.Addr(), powerFromVar, n.Name, self)
	return os.WriteFile(file, []byte(script), 0o755)
}

const powerMetadata = `<?xml version="1.0" ?>
<resource-agent name="fence_testpower" shortdesc="Power switch of a test cluster">
<longdesc>Kills and boots the nodes of a test cluster.</longdesc>
<vendor-url>https://github.com/tactus-ha/tactus</vendor-url>
<parameters>
<parameter name="action" unique="0" required="1"><getopt mixed="-o, --action=[action]"/><content type="string" default="reboot"/><shortdesc lang="en">Fencing action</shortdesc></parameter>
<parameter name="plug" unique="0" required="1" obsoletes="port"><getopt mixed="-n, --plug=[id]"/><content type="string"/><shortdesc lang="en">Name of the node whose outlet is meant</shortdesc></parameter>
<parameter name="port" unique="0" required="1" deprecated="1"><getopt mixed="-n, --plug=[id]"/><content type="string"/><shortdesc lang="en">Name of the node whose outlet is meant</shortdesc></parameter>
<parameter name="delay" unique="0" required="0"><getopt mixed="--delay=[seconds]"/><content type="second" default="0"/><shortdesc lang="en">Wait so long before acting</shortdesc></parameter>
<parameter name="fail" unique="0" required="0"><getopt mixed="--fail=[text]"/><content type="string"/><shortdesc lang="en">Refuse with this text</shortdesc></parameter>
<parameter name="lie" unique="0" required="0"><getopt mixed="--lie"/><content type="boolean" default="0"/><shortdesc lang="en">Say "done" and do nothing</shortdesc></parameter>
<parameter name="hang" unique="0" required="0"><getopt mixed="--hang"/><content type="boolean" default="0"/><shortdesc lang="en">Never answer</shortdesc></parameter>
</parameters>
<actions>
<action name="on" automatic="0"/>
<action name="off"/>
<action name="reboot"/>
<action name="status"/>
<action name="list"/>
<action name="monitor"/>
<action name="metadata"/>
<action name="validate-all"/>
</actions>
</resource-agent>
`

// runPowerAgent is the fence agent: parameters as lines key=value on standard input.
func runPowerAgent(in io.Reader, out, errs io.Writer) int {
	params := map[string]string{"action": "reboot"}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if key, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "="); ok && !strings.HasPrefix(key, "#") {
			params[key] = value
		}
	}
	switch params["action"] {
	case "metadata":
		fmt.Fprint(out, powerMetadata)
		return 0
	case "validate-all":
		return 0
	}
	rep, err := askSwitch(os.Getenv(powerVar), os.Getenv(powerFromVar), params)
	if err != nil {
		fmt.Fprintln(errs, "fence_testpower: cannot reach the switch:", err)
		return 1
	}
	fmt.Fprint(out, rep.Stdout)
	fmt.Fprint(errs, rep.Stderr)
	if rep.Code < 0 {
		return 1
	}
	return rep.Code
}

func askSwitch(socket, from string, params map[string]string) (powerReply, error) {
	req := powerRequest{From: from, Action: params["action"], Plug: params["plug"]}
	if req.Plug == "" {
		req.Plug = params["port"]
	}
	seconds, _ := strconv.ParseFloat(params["delay"], 64)
	req.Fault = Fault{Delay: time.Duration(seconds * float64(time.Second)), Fail: params["fail"], Lie: yes(params["lie"]), Hang: yes(params["hang"])}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return powerReply{}, err
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(req); err != nil {
		return powerReply{}, err
	}
	var rep powerReply
	err = json.NewDecoder(conn).Decode(&rep)
	return rep, err
}

func yes(value string) bool {
	switch strings.ToLower(value) {
	case "1", "yes", "true", "on", "y":
		return true
	}
	return false
}
