package report

import "github.com/tactus-ha/tactus/pengine/state"

// ClusterStatus writes the node list and the resource list under a title, as the
// simulator does before and after a transition.
func ClusterStatus(w *Writer, c *state.Cluster, title string, pending bool) {
	o := &Options{Inactive: true, FailedDetail: true, Pending: pending, Modern: true}
	w.Begin(title)
	wrote := NodeList(w, c, o, false)
	ResourceList(w, c, o, true, wrote)
	w.End()
}
