package fencing

import (
	"crypto/md5"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// timeout is how long an attempt may take: pcmk_ACTION_timeout, else what the request or
// the cluster says.
func (d Device) timeout(action Action, otherwise time.Duration) time.Duration {
	if t, ok := rules.ParseInterval(d.Params["pcmk_"+string(action)+"_timeout"]); ok && t > 0 {
		return t
	}
	return otherwise
}

// tries is how often an action may be tried in one round: pcmk_ACTION_retries, 2 when it
// is not set.
// Source: the same parameter of Pacemaker's fencer, which counts the first try.
func (d Device) tries(action Action) int {
	if n, err := strconv.Atoi(d.Params["pcmk_"+string(action)+"_retries"]); err == nil && n > 0 {
		return n
	}
	return 2
}

// delay is how long the device waits before it stops the target: pcmk_delay_base, and up
// to pcmk_delay_max, where the request decides by its id how much.
func (d Device) delay(target crm.NodeName, request string) time.Duration {
	base, most := d.delayBase(target), d.delayMax()
	switch {
	case most == 0:
		return base
	case most <= base:
		return most
	}
	sum := md5.Sum([]byte(request + "/" + string(d.ID)))
	return base + time.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(most-base+1))
}

// delayBase reads pcmk_delay_base: one time, or "node:time;node:time".
func (d Device) delayBase(target crm.NodeName) time.Duration {
	text := strings.TrimSpace(d.Params["pcmk_delay_base"])
	for _, pair := range strings.FieldsFunc(text, separator) {
		if name, value, ok := strings.Cut(pair, ":"); ok && strings.EqualFold(name, string(target)) {
			text = value
			break
		}
	}
	t, _ := rules.ParseInterval(text)
	return t
}

func (d Device) delayMax() time.Duration {
	t, _ := rules.ParseInterval(d.Params["pcmk_delay_max"])
	return t
}

// Delays reports whether the device has a delay of its own for a target.
func (d Device) Delays(target crm.NodeName) bool {
	return d.delayBase(target) > 0 || d.delayMax() > 0
}

// separator is what stands between the pairs of pcmk_host_map and pcmk_delay_base.
func separator(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\n' }
