package mon

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/report"
)

// apiVersion is the version of the XML output that clients of Pacemaker 2.1.5 know.
const apiVersion = "2.25"

// Document is the status for programs: a pacemaker-result, or the older crm_mon element.
func Document(o *Options, v View, args []string, code int, errors []string) *cib.Element {
	root := cib.New("pacemaker-result", "api-version", apiVersion, "request", strings.Join(append([]string{"crm_mon"}, args...), " "))
	legacy := o.Format == "legacy-xml"
	if legacy {
		root = cib.New("crm_mon", "version", "2.1.5")
	}
	if v.Cluster != nil {
		show := o.Show
		show.Nodes, show.Resources = o.chosen(v.Cluster)
		sections := o.Sections
		sections.Fencing = o.fenceSections(v, &show)
		root.Children = report.StatusXML(v.Cluster, &sections, &show, v.Live != nil, v.Now)
	}
	if !legacy {
		root.Children = append(root.Children, statusElement(code, errors))
	}
	return root
}

func statusElement(code int, errors []string) *cib.Element {
	e := cib.New("status", "code", strconv.Itoa(code), "message", report.ExitText(crm.ExitCode(code)))
	if len(errors) > 0 {
		list := cib.New("errors")
		for _, text := range errors {
			list.Children = append(list.Children, &cib.Element{Name: "error", Text: text})
		}
		e.Children = append(e.Children, list)
	}
	return e
}
