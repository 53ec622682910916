package client

import (
	"slices"
	"testing"
	"testing/synctest"
)

func TestQueueNeverBlocksAndKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		q := newQueue[int](over)
		for i := range 1000 {
			q.put(i) // nobody reads yet
		}
		var got []int
		for range 1000 {
			got = append(got, <-q.out)
		}
		if !slices.IsSorted(got) {
			t.Errorf("out of order: %v", got)
		}
		q.put(1)
		q.put(2)
		synctest.Wait()
		close(over)
		got = nil
		for v := range q.out {
			got = append(got, v)
		}
		if !slices.Equal(got, []int{1, 2}) {
			t.Errorf("after the end got %v, want what came before it", got)
		}
	})
}

func TestQueueEndsWithoutAReader(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		over := make(chan struct{})
		q := newQueue[int](over)
		for i := range 100 {
			q.put(i)
		}
		synctest.Wait()
		close(over) // the goroutine must end, or synctest complains
	})
}
