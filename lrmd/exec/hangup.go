package exec

import (
	"os"
	"os/signal"
	"syscall"
)

// TakeHangups lets this process live on when its terminal is gone (SIGHUP), and its children
// end with theirs. A signal that whoever started this process had ignored (nohup) would be
// ignored by every agent as well, and by what that starts: a fence agent's ssh outlived the agent
// that was killed. A signal that is handled is the default one again in a child.
func TakeHangups() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) }
