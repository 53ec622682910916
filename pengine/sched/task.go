package sched

// Names of actions, as graphs, histories and constraints write them.
const (
	taskStart         = "start"
	taskRunning       = "running" // all starts of a collective resource are done
	taskStop          = "stop"
	taskStopped       = "stopped"
	taskPromote       = "promote"
	taskPromoted      = "promoted"
	taskDemote        = "demote"
	taskDemoted       = "demoted"
	taskMonitor       = "monitor"
	taskNotify        = "notify"
	taskNotified      = "notified"
	taskMigrateTo     = "migrate_to"
	taskMigrateFrom   = "migrate_from"
	taskReload        = "reload-agent"
	taskCancel        = "cancel"
	taskDelete        = "delete"
	taskClearFail     = "clear_failcount"
	taskClearHistory  = "lrm_delete"
	taskFence         = "stonith"
	taskShutdown      = "do_shutdown"
	taskMaintenance   = "maintenance_nodes"
	taskOneOrMore     = "one-or-more"
	taskCloneMin      = "clone-one-or-more"
	taskLoadStopped   = "load_stopped"
	taskFenceOn       = "on"
	taskFenceOff      = "off"
	taskFenceReboot   = "reboot"
	notifyConfirmedPr = "confirmed-pre"
	notifyConfirmedPo = "confirmed-post"
)

// completed maps an action to the milestone that says it is done everywhere.
var completed = map[string]string{
	taskStop: taskStopped, taskStart: taskRunning, taskNotify: taskNotified,
	taskPromote: taskPromoted, taskDemote: taskDemoted,
}

// regular maps a milestone to the action that it completes.
var regular = map[string]string{
	taskStopped: taskStop, taskRunning: taskStart, taskNotified: taskNotify,
	taskPromoted: taskPromote, taskDemoted: taskDemote,
}

// known lists the tasks that collective resources translate; others read "".
var known = map[string]bool{
	taskStop: true, taskStopped: true, taskStart: true, taskRunning: true, taskNotify: true,
	taskNotified: true, taskPromote: true, taskPromoted: true, taskDemote: true,
	taskDemoted: true, taskMonitor: true, taskShutdown: true, taskFence: true,
}

// inverse maps a task to its opposite, for symmetrical orderings.
var inverse = map[string]string{
	taskStart: taskStop, taskStop: taskStart, taskPromote: taskDemote, taskDemote: taskPromote,
	taskPromoted: taskDemoted, taskDemoted: taskPromoted, taskRunning: taskStopped, taskStopped: taskRunning,
}

func isUp(task string) bool {
	return task == taskStart || task == taskPromote || task == taskMigrateFrom
}

// memberTask is the task by which a member or instance r does what its parent calls
// task: a primitive knows no milestones. Unknown tasks read "".
func memberTask(r *resource, task string) string {
	if !known[task] {
		return ""
	}
	if r.isPrimitive() {
		switch task {
		case taskStopped, taskRunning, taskDemoted, taskPromoted:
			return regular[task]
		}
	}
	return task
}
