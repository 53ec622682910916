package graph

import "testing"

func TestCircle(t *testing.T) {
	for _, tc := range []struct {
		name   string
		inputs map[int][]int
		want   []int
	}{
		{"a chain", map[int][]int{1: nil, 2: {1}, 3: {2, 99}}, nil},
		{"two for each other, one before, one behind", map[int][]int{1: nil, 2: {1, 3}, 3: {2}, 4: {3}}, []int{2, 3}},
		{"one for itself", map[int][]int{1: {1}, 2: {1}}, []int{1}},
		{"two circles with a way between", map[int][]int{1: {2}, 2: {1}, 3: {2}, 4: {3, 5}, 5: {4}}, []int{1, 2, 3, 4, 5}},
	} {
		g := &Graph{}
		for id := 1; id <= len(tc.inputs); id++ {
			g.Synapses = append(g.Synapses, Synapse{ID: id - 1, Action: Action{ID: id}, Inputs: tc.inputs[id]})
		}
		var got []int
		for _, a := range g.Circle() {
			got = append(got, a.ID)
		}
		if len(got) != len(tc.want) {
			t.Errorf("%s: Circle = %v, want %v", tc.name, got, tc.want)
			continue
		}
		for i := range got {
			if got[i] != tc.want[i] {
				t.Errorf("%s: Circle = %v, want %v", tc.name, got, tc.want)
			}
		}
	}
}
