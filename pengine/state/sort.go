package state

// MergeSort sorts stably, in the same steps as GLib's list sort, so that an order that is
// no order (pending results of several transitions, capacities of nodes) gives the same
// result.
func MergeSort[T any](list []T, compare func(a, b T) int) {
	if len(list) > 1 {
		mergeSortIn(make([]T, len(list)), list, compare)
	}
}

// mergeSortIn is MergeSort with room for as many.
func mergeSortIn[T any](room, list []T, compare func(a, b T) int) {
	if len(list) < 2 {
		return
	}
	half := len(list) / 2
	mergeSortIn(room[:half], list[:half], compare)
	mergeSortIn(room[half:], list[half:], compare)
	copy(room, list)
	left, right := room[:half], room[half:]
	for i := range list {
		switch {
		case len(right) == 0 || len(left) > 0 && compare(left[0], right[0]) <= 0:
			list[i], left = left[0], left[1:]
		default:
			list[i], right = right[0], right[1:]
		}
	}
}
