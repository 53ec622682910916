package diff

import "math/rand/v2"

// dice makes choices from a seed.
type dice struct{ r *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, seed*0x9e3779b97f4a7c15+1))} }

// chance is true in percent of a hundred cases.
func (d dice) chance(percent int) bool { return d.r.IntN(100) < percent }

// upTo is a number from 0 to n-1; 0 when there is none.
func (d dice) upTo(n int) int {
	if n <= 0 {
		return 0
	}
	return d.r.IntN(n)
}

// between is a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.r.IntN(high-low+1) }

// one picks one of the words; "" of none.
func (d dice) one(words ...string) string {
	if len(words) == 0 {
		return ""
	}
	return words[d.r.IntN(len(words))]
}

// some picks up to n different words.
func (d dice) some(n int, words []string) []string {
	var out []string
	for _, i := range d.r.Perm(len(words)) {
		if len(out) < n {
			out = append(out, words[i])
		}
	}
	return out
}

// truth is a boolean as CIBs write it.
func (d dice) truth() string { return d.one("true", "false") }
