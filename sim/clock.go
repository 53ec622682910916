package sim

import (
	"time"
	"unsafe"
)

// Clock is what one machine takes for the time: a monotonic hand that runs a little fast
// or slow, and a wall hand that may also jump. Engines get both, as daemons do from
// time.Now: what they measure with Sub follows the monotonic hand.
type Clock struct {
	Rate float64       // of both hands; 1 is right
	Jump time.Duration // of the wall hand, so far
}

// epoch is the wall time at which worlds begin.
const epoch = 1_795_262_400 // 2026-11-21 12:00:00 UTC

// At reads the clock when the world's time is now.
func (c Clock) At(now time.Duration) time.Time {
	mono := time.Duration(float64(now) * c.Rate)
	return twoHanded(mono+c.Jump, mono+time.Hour)
}

// Lasts is how long the world waits while this clock counts d.
func (c Clock) Lasts(d time.Duration) time.Duration { return time.Duration(float64(d) / c.Rate) }

// hands is how package time keeps a time with a monotonic reading. There is no other way
// to make one whose hands disagree; TestClockHasTwoHands notices when it changes.
type hands struct {
	wall uint64
	ext  int64
	loc  *time.Location
}

const (
	hasMonotonic = 1 << 63
	from1885     = (1970-1885)*365*86400 + 20*86400 // seconds from 1885 to 1970, with 20 leap days
)

// twoHanded makes a time that shows wall since the epoch, and mono for whoever measures.
func twoHanded(wall, mono time.Duration) time.Time {
	sec, nsec := int64(epoch+from1885)+int64(wall/time.Second), int64(wall%time.Second)
	if nsec < 0 {
		sec, nsec = sec-1, nsec+int64(time.Second)
	}
	h := hands{wall: hasMonotonic | uint64(sec)<<30 | uint64(nsec), ext: int64(mono)}
	return *(*time.Time)(unsafe.Pointer(&h))
}
