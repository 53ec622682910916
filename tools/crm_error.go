package tools

import (
	"context"
	"strconv"
	"syscall"

	"github.com/tactus-ha/tactus/cib"
)

const crmErrorHelp = `crm_error - display the name or description of an error code

Usage: crm_error [OPTION...] [-- CODE...]

  -n, --name                 The name with the description
  -l, --list                 All codes
  -X, --exit                 The codes are exit codes of tools
  -r, --rc                   The codes are return codes of the library (accepted)
      --output-as=FORMAT     text or xml
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Without --exit, codes are errors of the operating system.

Exit codes: 0 done; 64 wrong use.
`

func runCrmError(ctx context.Context, env Env, args []string) int {
	options := []option{{short: 'n', long: "name"}, {short: 'l', long: "list"}, {short: 'X', long: "exit"}, {short: 'r', long: "rc"}}
	r, found, words, code, done := start(env, "crm_error", crmErrorHelp, options, args)
	if done {
		return code
	}
	names, list, exits := false, false, false
	for _, g := range found {
		names = names || g.name == "name"
		list = list || g.name == "list"
		exits = exits || g.name == "exit"
	}
	if list || len(words) == 0 {
		r.listErrors(exits, names)
		return r.finish(ExitOK)
	}
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil {
			return r.usage("%q is not a number", w)
		}
		name, text := errorNamed(n, exits)
		if names {
			r.printf("%s - %s\n", name, text)
		} else {
			r.printf("%s\n", text)
		}
		r.add(cib.New("result-code", "code", w, "name", name, "description", text))
	}
	return r.finish(ExitOK)
}

func errorNamed(n int, exits bool) (name, text string) {
	if !exits {
		if n == 0 {
			return "pcmk_rc_ok", "OK"
		}
		n = max(n, -n)
		return "E" + strconv.Itoa(n), capitalised(syscall.Errno(n).Error())
	}
	for _, e := range exitTable {
		if e.code == n {
			return e.name, e.text
		}
	}
	return "CRM_EX_UNKNOWN", "Unknown exit status"
}

func capitalised(s string) string {
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

func (r *result) listErrors(exits, names bool) {
	codes := make([]int, 0, 140)
	if exits {
		for _, e := range exitTable {
			codes = append(codes, e.code)
		}
	} else {
		for n := range 134 {
			codes = append(codes, n)
		}
	}
	for _, n := range codes {
		name, text := errorNamed(n, exits)
		if names {
			r.printf("% 5d: %-26s  %s\n", n, name, text)
		} else {
			r.printf("% 5d: %s\n", n, text)
		}
		r.add(cib.New("result-code", "code", strconv.Itoa(n), "name", name, "description", text))
	}
}
