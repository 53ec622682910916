package tools

import "github.com/tactus-ha/tactus/cib"

// Exit codes that this package uses; exitTable has them all.
const (
	ExitOK          = cib.ExitOK
	ExitError       = cib.ExitError
	ExitUsage       = cib.ExitUsage
	ExitDataErr     = cib.ExitDataErr
	ExitNoInput     = cib.ExitNoInput
	ExitNoHost      = 68
	ExitUnavailable = 69
	ExitSoftware    = cib.ExitSoftware
	ExitCantCreate  = cib.ExitCantCreate
	ExitIO          = 74
	ExitPrivileges  = 4
	ExitConfig      = cib.ExitConfig
	ExitDisconnect  = cib.ExitDisconnect
	ExitOld         = cib.ExitOld
	ExitNoSuch      = cib.ExitNoSuch
	ExitMultiple    = 109
	ExitUnsafe      = cib.ExitUnsafe
	ExitExists      = cib.ExitExists
	ExitTimeout     = cib.ExitTimeout
)

// exitCode is one exit code: its name, its text, and the text of the library error that
// tools print for it ("" when they print the former).
type exitCode struct {
	code              int
	name, text, error string
}

// exitTable follows crm_error --list --exit of Pacemaker 2.1.5.
var exitTable = []exitCode{
	{0, "CRM_EX_OK", "OK", ""},
	{1, "CRM_EX_ERROR", "Error occurred", ""},
	{2, "CRM_EX_INVALID_PARAM", "Invalid parameter", ""},
	{3, "CRM_EX_UNIMPLEMENT_FEATURE", "Unimplemented", ""},
	{4, "CRM_EX_INSUFFICIENT_PRIV", "Insufficient privileges", "Permission denied"},
	{5, "CRM_EX_NOT_INSTALLED", "Not installed", ""},
	{6, "CRM_EX_NOT_CONFIGURED", "Not configured", ""},
	{7, "CRM_EX_NOT_RUNNING", "Not running", ""},
	{8, "CRM_EX_PROMOTED", "Promoted", ""},
	{9, "CRM_EX_FAILED_PROMOTED", "Failed in promoted role", ""},
	{64, "CRM_EX_USAGE", "Incorrect usage", ""},
	{65, "CRM_EX_DATAERR", "Invalid data given", "Bad message"},
	{66, "CRM_EX_NOINPUT", "Input file not available", "No such file or directory"},
	{67, "CRM_EX_NOUSER", "User does not exist", ""},
	{68, "CRM_EX_NOHOST", "Host does not exist", "Host is down"},
	{69, "CRM_EX_UNAVAILABLE", "Necessary service unavailable", ""},
	{70, "CRM_EX_SOFTWARE", "Internal software bug", "Invalid argument"},
	{71, "CRM_EX_OSERR", "Operating system error occurred", ""},
	{72, "CRM_EX_OSFILE", "System file not available", ""},
	{73, "CRM_EX_CANTCREAT", "Cannot create output file", ""},
	{74, "CRM_EX_IOERR", "I/O error occurred", ""},
	{75, "CRM_EX_TEMPFAIL", "Temporary failure, try again", ""},
	{76, "CRM_EX_PROTOCOL", "Protocol violated", ""},
	{77, "CRM_EX_NOPERM", "Insufficient privileges", ""},
	{78, "CRM_EX_CONFIG", "Invalid configuration", "Update does not conform to the configured schema"},
	{100, "CRM_EX_FATAL", "Fatal error occurred, will not respawn", ""},
	{101, "CRM_EX_PANIC", "System panic required", ""},
	{102, "CRM_EX_DISCONNECT", "Not connected", "Transport endpoint is not connected"},
	{103, "CRM_EX_OLD", "Update was older than existing configuration", "Update was older than existing configuration"},
	{104, "CRM_EX_DIGEST", "Digest mismatch", ""},
	{105, "CRM_EX_NOSUCH", "No such object", "No such device or address"},
	{106, "CRM_EX_QUORUM", "Quorum required", ""},
	{107, "CRM_EX_UNSAFE", "Operation not safe", ""},
	{108, "CRM_EX_EXISTS", "Requested item already exists", "File exists"},
	{109, "CRM_EX_MULTIPLE", "Multiple items match request", ""},
	{110, "CRM_EX_EXPIRED", "Requested item has expired", ""},
	{111, "CRM_EX_NOT_YET_IN_EFFECT", "Requested item is not yet in effect", ""},
	{112, "CRM_EX_INDETERMINATE", "Could not determine status", ""},
	{113, "CRM_EX_UNSATISFIED", "Not applicable under current conditions", ""},
	{124, "CRM_EX_TIMEOUT", "Timeout occurred", "Timer expired"},
	{190, "CRM_EX_DEGRADED", "Service is active but might fail soon", ""},
	{191, "CRM_EX_DEGRADED_PROMOTED", "Service is promoted but might fail soon", ""},
	{193, "CRM_EX_NONE", "No exit status available", ""},
	{255, "CRM_EX_MAX", "Error occurred", ""},
}

// exitText is the text of an exit code, as crm_error --exit prints it.
func exitText(code int) string {
	for _, e := range exitTable {
		if e.code == code {
			return e.text
		}
	}
	return "Unknown exit status"
}

// errorText is the text that tools print for an error with that exit code.
func errorText(code int) string {
	for _, e := range exitTable {
		if e.code == code && e.error != "" {
			return e.error
		}
	}
	return exitText(code)
}
