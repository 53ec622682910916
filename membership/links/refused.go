package links

import (
	"maps"
	"net/netip"
	"slices"
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

// Refusals counts packets that were dropped for one reason since start.
type Refusals struct {
	Word  string // garbage, version, cluster, stranger, key, replay, retired, oversized, self
	Text  string // the same, for people
	Count uint64
}

// refusals counts dropped packets and decides which of them are worth a line.
type refusals struct {
	total   uint64
	kinds   map[string]Refusals // by word
	sources map[netip.Addr]*refusal
}

type refusal struct {
	reported time.Time
	count    uint64
}

// note counts one dropped packet. It returns a report once per source and minute.
func (r *refusals) note(now time.Time, from netip.Addr, reason *refusalReason) (Refused, bool) {
	r.total++
	if r.kinds == nil {
		r.kinds = map[string]Refusals{}
	}
	r.kinds[reason.word] = Refusals{reason.word, reason.text, r.kinds[reason.word].Count + 1}
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
	report := Refused{from, reason.text, s.count}
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

// list gives the counts, by word.
func (r *refusals) list() (list []Refusals) {
	for _, word := range slices.Sorted(maps.Keys(r.kinds)) {
		list = append(list, r.kinds[word])
	}
	return list
}
