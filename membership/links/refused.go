package links

import (
	"net/netip"
	"time"
)

// refusedEvery is how often one source of refused packets is reported.
const refusedEvery = time.Minute

// refusedMax bounds how many sources are told apart.
const refusedMax = 256

// Refused is a report about packets from one source that were dropped.
type Refused struct {
	From   netip.Addr
	Reason string
	Count  uint64 // since the last report about that source
}

// refusals counts dropped packets and decides which of them are worth a line.
type refusals struct {
	total   uint64
	sources map[netip.Addr]*refusal
}

type refusal struct {
	reported time.Time
	count    uint64
}

// note counts one dropped packet. It returns a report once per source and minute.
func (r *refusals) note(now time.Time, from netip.Addr, reason string) (Refused, bool) {
	r.total++
	if r.sources == nil {
		r.sources = map[netip.Addr]*refusal{}
	}
	from = from.Unmap()
	s := r.sources[from]
	if s == nil {
		if len(r.sources) >= refusedMax {
			r.forget(now)
		}
		if len(r.sources) >= refusedMax {
			return Refused{}, false // a flood from many (forged) sources: counted, not listed
		}
		s = &refusal{}
		r.sources[from] = s
	}
	s.count++
	if !s.reported.IsZero() && now.Sub(s.reported) < refusedEvery {
		return Refused{}, false
	}
	report := Refused{from, reason, s.count}
	s.reported, s.count = now, 0
	return report, true
}

func (r *refusals) forget(now time.Time) {
	for a, s := range r.sources {
		if now.Sub(s.reported) >= refusedEvery {
			delete(r.sources, a)
		}
	}
}
