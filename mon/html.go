package mon

import (
	"bytes"
	"fmt"
	"html"
)

// writeHTML wraps the text in a page that reloads itself.
func writeHTML(out *bytes.Buffer, o *Options, v View) {
	var text bytes.Buffer
	Text(&text, o, v)
	fmt.Fprintf(out, "<!DOCTYPE html>\n<html>\n<head>\n<title>Cluster Status</title>\n<meta http-equiv=\"refresh\" content=\"%d\">\n"+
		"<meta charset=\"utf-8\">\n</head>\n<body>\n<pre>\n%s</pre>\n</body>\n</html>\n",
		int(o.Interval.Seconds()), html.EscapeString(text.String()))
}
