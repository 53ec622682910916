package consensus

import (
	"fmt"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// HasReady reports whether there is anything to do.
func (c *Core) HasReady() bool {
	return len(c.saves) > 0 || len(c.outbox) > 0 || len(c.done.Applied) > 0 || c.done.Yield != nil ||
		(c.rn != nil && c.rn.HasReady())
}

// Ready begins a cycle. No input is allowed until Advance.
func (c *Core) Ready() Output {
	c.idle()
	c.busy = true
	out := Output{Saves: c.saves, Late: c.outbox}
	c.saves, c.outbox = nil, nil
	if c.rn == nil || !c.rn.HasReady() {
		return out
	}
	rd := c.rn.Ready()
	c.ready = &rd
	early := len(out.Saves) == 0
	if s, any := saveOf(rd); any || !early {
		s.Hard = c.hardState()
		out.Saves = append(out.Saves, s)
	}
	for _, m := range c.withoutShadows(rd.Messages) {
		msg := c.message(seatOf(m.GetTo()).Node)
		msg.Raft = m
		if early && promisesNothing(m) {
			out.Early = append(out.Early, msg)
		} else {
			out.Late = append(out.Late, msg)
		}
	}
	return out
}

// saveOf picks what of a Ready must be on disk. A commit index alone need not: recordLate.
func saveOf(rd raft.Ready) (s Save, any bool) {
	if !raft.IsEmptySnap(rd.Snapshot) {
		s.Snapshot, s.DropLog, any = rd.Snapshot, true, true
	}
	if len(rd.Entries) > 0 {
		s.Entries, any = rd.Entries, true
	}
	return s, any || rd.MustSync
}

// hardState is what raft has promised and knows to be agreed on, for the disk.
func (c *Core) hardState() *pb.HardState {
	hard := c.rn.BasicStatus().HardState
	c.recorded, c.recordedAt = hard.GetCommit(), c.now
	return hard
}

// recordTicks is how long it may stay unwritten that something is agreed on.
const recordTicks = 20

// recordLate writes how far is agreed on when nothing else was written for a while. The
// leader would tell it again, but a node that begins anew and meets nobody acts on what it
// knows to be agreed on: its policy, and what it runs and must stop, are in there.
func (c *Core) recordLate() {
	if c.rn == nil || c.now-c.recordedAt < recordTicks || c.applied <= c.recorded {
		return
	}
	hard := c.hardState()
	// What is agreed on may not be on disk yet: this is written before what came meanwhile.
	hard.Commit, c.recorded = new(c.applied), c.applied
	c.saves = append(c.saves, Save{Hard: hard})
}

// Advance ends a cycle: everything in Saves is durable now.
func (c *Core) Advance() Done {
	if !c.busy {
		panic("consensus: Advance without Ready")
	}
	if rd := c.ready; rd != nil {
		c.ready = nil
		c.advanceRaft(rd)
	}
	c.busy = false
	if c.rn != nil {
		c.compact()
		c.noticeLeader()
		c.considerTakeover()
	}
	d := c.done
	c.done = Done{}
	return d
}

func (c *Core) advanceRaft(rd *raft.Ready) {
	if !raft.IsEmptySnap(rd.Snapshot) {
		c.install(rd.Snapshot)
	}
	must(c.log.Append(rd.Entries))
	if !raft.IsEmptyHardState(rd.HardState) {
		must(c.log.SetHardState(rd.HardState))
	}
	for _, e := range rd.CommittedEntries {
		c.apply(e)
	}
	for _, r := range rd.ReadStates {
		if origin, key, _, ok := decodeEntry(r.RequestCtx); ok && origin == c.cfg.Self {
			c.done.Reads = append(c.done.Reads, Read{key, r.Index})
		}
	}
	c.rn.Advance(*rd)
	c.ownAnswers()
	c.mirror()
}

// install replaces the state machine by the leader's.
func (c *Core) install(snap *pb.Snapshot) {
	meta := snap.GetMetadata()
	must(c.log.ApplySnapshot(&pb.Snapshot{Metadata: meta}))
	if err := c.cfg.Machine.Restore(snap.GetData()); err != nil {
		panic(fmt.Sprintf("consensus: snapshot at index %d from the leader: %v", meta.GetIndex(), err))
	}
	c.setConf(meta.GetConfState())
	c.applied = meta.GetIndex()
	c.done.Restored = true
	c.noticeRemoval()
}

func (c *Core) apply(e *pb.Entry) {
	if e.GetIndex() <= c.applied {
		return
	}
	c.applied = e.GetIndex()
	c.logBytes += len(e.GetData())
	switch e.GetType() {
	case pb.EntryConfChangeV2:
		cc := &pb.ConfChangeV2{}
		must(proto.Unmarshal(e.GetData(), cc))
		c.reconfigure(cc)
	case pb.EntryConfChange:
		cc := &pb.ConfChange{}
		must(proto.Unmarshal(e.GetData(), cc))
		c.reconfigure(cc)
	default:
		c.applyCommand(e)
	}
}

// reconfigure applies a change of members. That it is agreed on goes to the disk: a node
// that became a voter must still know it after a restart without its peers.
func (c *Core) reconfigure(cc pb.ConfChangeI) {
	c.setConf(c.rn.ApplyConfChange(cc))
	c.saves = append(c.saves, Save{Hard: c.hardState()})
	c.noticeRemoval()
}

func (c *Core) applyCommand(e *pb.Entry) {
	if origin, key, command, ok := decodeEntry(e.GetData()); ok {
		c.done.Applied = append(c.done.Applied, Applied{e.GetIndex(), origin, key, c.cfg.Machine.Apply(e.GetIndex(), command)})
	}
}

// maxLogBytes is how much the log may hold in memory before it is compacted, however few
// its entries are: one command may replace a whole CIB.
const maxLogBytes = 32 << 20

// compact stores a snapshot and forgets what it covers, when the log has grown. Some
// entries stay in memory for peers that lag a little, unless they are large.
func (c *Core) compact() {
	first, _ := c.log.FirstIndex()
	kept := uint64(c.cfg.CompactEntries / 4)
	if c.logBytes > maxLogBytes && c.applied >= first {
		kept = 0
	} else if c.applied < first+uint64(c.cfg.CompactEntries)+kept {
		return
	}
	snap := c.freshSnapshot()
	if snap == nil {
		return
	}
	must2(c.log.CreateSnapshot(c.applied, c.conf, nil))
	must(c.log.Compact(c.applied - kept))
	c.logBytes = 0
	c.saves = append(c.saves, Save{Snapshot: snap, Hard: c.hardState()})
}

func must(err error) {
	if err != nil {
		panic("consensus: " + err.Error())
	}
}

func must2[T any](_ T, err error) { must(err) }
