package sim

import "time"

// What disks do to a node: a write that is under way when power goes is there or is not
// (node.go); all of it or nothing, for the raft file is written in transactions, and the
// executor's stamp in two slots. What a torn write, a lost page or a flipped bit leave of
// the file otherwise is noticed when it is opened: it is set aside, and the node has an
// empty disk (consensus/disk tries every byte of a real file).

// faultFullDisk leaves no room for anything new.
func (s *Site) faultFullDisk(f Fault, a, _ *Host) {
	s.say(a, "its disk is full")
	a.disk.full = true
	s.while(f, func() { a.disk.full = false; s.say(a, "there is room on its disk again") })
}

// faultDamagedDisk damages what a node has on disk, which it notices when crmd starts anew.
// It happens to one node only: that is the minority that may lose what it had.
func (s *Site) faultDamagedDisk(f Fault, a, _ *Host) {
	if s.damaged || !a.on {
		return
	}
	s.damaged = true
	s.say(a, "its disk is damaged: crmd ends, and will find nothing")
	if f.X < 0.5 || !s.plan.Config.fences() { // without fencing a dead crmd is another fault
		a.powerOff("its disk failed")
	} else {
		a.killController()
	}
	a.life++ // nothing that was under way reaches the new disk
	a.Node.disk, a.memory = &Disk{}, memory{}
	s.while(f, func() { a.boot(); a.startController() })
}

// faultJoin starts the node that is configured and was never there.
func (s *Site) faultJoin(_ Fault, a, _ *Host) {
	s.say(a, "comes for the first time")
	a.boot()
}

// triesAgain is how soon a crmd that could not start is started again.
const triesAgain = time.Second
