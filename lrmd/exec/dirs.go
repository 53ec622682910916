package exec

import (
	"os"
	"path/filepath"
)

// Dirs says where agents are, and where they keep what they keep.
type Dirs struct {
	Root string // prefix of every path; "" or "/" on an ordinary machine
	OCF  string // OCF_ROOT: agents are in OCF/resource.d/PROVIDER/TYPE
	Init string // init scripts
	Work string // working directory of agents
	// Fence lists the directories of fence agents, the first that has one wins.
	Fence   []string
	Plugins string // cluster-glue's plugins: external/NAME and stonith2/NAME.so
}

// DirsFor gives the usual places under root. TACTUS_OCF_ROOT, asked through getenv,
// replaces the place of OCF agents, TACTUS_FENCE_PATH (directories with colons between
// them) that of fence agents, TACTUS_STONITH_PLUGINS that of cluster-glue's plugins.
func DirsFor(root string, getenv func(string) string) Dirs {
	d := Dirs{
		Root: root,
		OCF:  filepath.Join("/", root, "usr/lib/ocf"),
		Init: filepath.Join("/", root, "etc/init.d"),
		Work: filepath.Join("/", root, "var/lib/pacemaker/cores"),

		Fence:   []string{filepath.Join("/", root, "usr/sbin")},
		Plugins: filepath.Join("/", root, "usr/lib/stonith/plugins"),
	}
	if path := getenv("TACTUS_FENCE_PATH"); path != "" {
		d.Fence = filepath.SplitList(path)
	}
	if dir := getenv("TACTUS_STONITH_PLUGINS"); dir != "" {
		d.Plugins = dir
	}
	if dir := getenv("TACTUS_OCF_ROOT"); dir != "" {
		d.OCF = dir
	}
	return d
}

// sbin is where the program of cluster-glue is.
func (d Dirs) sbin() string { return filepath.Join("/", d.Root, "usr/sbin") }

// prefixed reports whether paths are moved away from where agents expect them.
func (d Dirs) prefixed() bool { return d.Root != "" && filepath.Clean(d.Root) != "/" }

// state is the directory of agents' state files: what agents call HA_RSCTMP.
func (d Dirs) state() string { return filepath.Join("/", d.Root, "run/resource-agents") }

// run is what agents call HA_VARRUN.
func (d Dirs) run() string { return filepath.Join("/", d.Root, "run") }

// environment adds, under a root prefix, where agents keep their state, so that nodes
// that share a machine do not share it. Agents that name fixed paths do anyway.
func (d Dirs) environment(base []string) []string {
	if !d.prefixed() {
		return base
	}
	return append(base[:len(base):len(base)], "HA_RSCTMP="+d.state(), "HA_VARRUN="+d.run())
}

// keeps reports whether agents that keep their state in dir are this node's. Without a prefix
// they are not told where: they may say nothing, or what their own library says.
func (d Dirs) keeps(dir string) bool {
	return dir == d.state() || !d.prefixed() && (dir == "" || dir == "/var"+d.state())
}

// workDir gives the working directory for a run: Work where it exists, else /.
func (d Dirs) workDir() string {
	if st, err := os.Stat(d.Work); err == nil && st.IsDir() {
		return d.Work
	}
	return "/"
}

// Prepare makes the directories that agents expect at boot: the one for state files,
// under a root prefix the working directory too.
func (d Dirs) Prepare() error {
	if d.prefixed() {
		if err := os.MkdirAll(d.Work, 0o750); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(d.state(), 0o755); err != nil {
		return err
	}
	return os.Chmod(d.state(), 0o755|os.ModeSticky)
}
