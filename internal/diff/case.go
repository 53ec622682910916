package diff

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools"
)

// Case is one question to both programs.
type Case struct {
	Name string // "random-17", "mutated-9-group1", "evolved-5.2"
	Root *cib.Element
	Args []string // what else crm_simulate is told: -t, -d, -i ...
}

// Output is what a program said.
type Output struct {
	Code           int // exit code; -1: it did not end by itself
	Stdout, Stderr string
	Dot, Graph     string
	Saved          string // the CIB afterwards
	Crash          string // why it did not end by itself
}

// Program runs crm_simulate on the CIB in a file. dir is for its output.
type Program func(ctx context.Context, dir, input string, args []string) Output

func arguments(dir, input string, args []string) []string {
	return append([]string{"-x", input, "-S", "-s", "-D", filepath.Join(dir, "dot"), "-G", filepath.Join(dir, "graph"), "-O", filepath.Join(dir, "saved")}, args...)
}

// collect reads the files a program left, and removes them.
func collect(out *Output, dir string) {
	for name, to := range map[string]*string{"dot": &out.Dot, "graph": &out.Graph, "saved": &out.Saved} {
		file := filepath.Join(dir, name)
		data, err := os.ReadFile(file)
		if err == nil {
			*to = string(data)
			_ = os.Remove(file)
		}
	}
}

// AnswerCommand is the first argument with which this program answers as our
// crm_simulate; the second is the time in seconds since the epoch, 0 for now.
const AnswerCommand = "answer-as-crm_simulate"

// Answer is our crm_simulate at that time.
func Answer(at string, args []string) int {
	debug.SetMaxStack(256 << 20) // an endless recursion shall end soon
	env := tools.OSEnv()
	env.Getenv = func(string) string { return "" }
	if sec, err := strconv.ParseInt(at, 10, 64); err == nil && sec > 0 {
		env.Now = func() time.Time { return time.Unix(sec, 0).UTC() }
	}
	return tools.Main(context.Background(), env, tools.Commands(), "crm_simulate", args)
}

// Ours is our crm_simulate, as a process of the program at path, which must answer to
// AnswerCommand. The zero time is the wall clock's.
func Ours(path string, at time.Time) Program {
	sec := "0"
	if !at.IsZero() {
		sec = strconv.FormatInt(at.Unix(), 10)
	}
	return process(path, AnswerCommand, sec)
}

// Reference is the program to agree with.
func Reference(path string) Program { return process(path) }

// limit is how long a program may take for a case: far more than any needs.
const limit = 2 * time.Minute

func process(path string, before ...string) Program {
	return func(ctx context.Context, dir, input string, args []string) Output {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		var out Output
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, path, append(before[:len(before):len(before)], arguments(dir, input, args)...)...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
		cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "CIB_shadow_dir=" + dir, "PATH=" + os.Getenv("PATH")}
		err := cmd.Run()
		out.Stdout, out.Stderr = stdout.String(), stderr.String()
		collect(&out, dir)
		out.Code = -1
		if cmd.ProcessState != nil {
			out.Code = cmd.ProcessState.ExitCode()
		}
		if out.Code < 0 || bytes.Contains(stderr.Bytes(), []byte("\ngoroutine ")) {
			out.Crash = fmt.Sprint(err, " ", firstLine(out.Stderr))
		}
		return out
	}
}

// ask runs a program on a case.
func (c Case) ask(ctx context.Context, p Program, dir string) (Output, error) {
	input := filepath.Join(dir, "input.xml")
	if err := os.WriteFile(input, c.Root.XML(), 0o644); err != nil {
		return Output{}, err
	}
	return p(ctx, dir, input, c.Args), nil
}
