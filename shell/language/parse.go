package language

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// Context is what a statement's meaning depends on.
type Context struct {
	// Agent completes CLASS:PROVIDER:TYPE, PROVIDER or CLASS left out. Nil means:
	// what is not said is ocf:heartbeat.
	Agent func(spec string) (class, provider, typ string, err error)
	// Verbatim keeps spellings as they are: what is read was printed from a CIB.
	Verbatim bool
	// Nodes are the node names, for a fencing_topology that names none.
	Nodes []string
}

// Parsed is what a statement says. Ids that were not written are missing in Element.
type Parsed struct {
	Verb    string       // canonical: "ms" for "master", "colocation" for "collocation"
	Name    string       // id of the object; of the set for property and defaults, "" when not said
	Element *cib.Element // for property, rsc_defaults and op_defaults: the set of pairs
	Members []string     // group, clone, ms, bundle: the resources inside, by id
	Notes   []string     // spellings that were put right, for the user to read
}

type parser struct {
	form  string
	least int // words needed after the verb
	parse func(r *reader) (Parsed, error)
}

// Forms of the statements, as help and error messages show them.
const (
	nodeForm       = "node [ID:] NAME[:TYPE] [attributes NAME=VALUE ...] [utilization NAME=VALUE ...]"
	primitiveForm  = "primitive ID {[CLASS:[PROVIDER:]]TYPE|@TEMPLATE} [params NAME=VALUE ...] [meta NAME=VALUE ...] [utilization NAME=VALUE ...] [op NAME NAME=VALUE ...]"
	templateForm   = "rsc_template ID [CLASS:[PROVIDER:]]TYPE [params ...] [meta ...] [utilization ...] [op NAME ...]"
	groupForm      = "group ID RSC [RSC ...] [params ...] [meta NAME=VALUE ...]"
	cloneForm      = "clone ID RSC [params ...] [meta NAME=VALUE ...]"
	msForm         = "ms ID RSC [params ...] [meta NAME=VALUE ...]"
	bundleForm     = "bundle ID docker image=IMAGE [network ...] [storage ...] [meta ...] [primitive RSC]"
	locationForm   = "location ID RSC SCORE: NODE | location ID RSC rule [$role=ROLE] [SCORE:] EXPRESSION"
	colocationForm = "colocation ID SCORE: RSC[:ROLE] WITH-RSC[:ROLE] [node-attribute=NAME]"
	orderForm      = "order ID [KIND|SCORE]: FIRST[:ACTION] THEN[:ACTION] [symmetrical=BOOL]"
	ticketForm     = "rsc_ticket ID TICKET: RSC[:ROLE] [RSC[:ROLE] ...] [loss-policy=stop|demote|fence|freeze]"
	propertyForm   = "property [SET:] NAME=VALUE [NAME=VALUE ...]"
	rscDefForm     = "rsc_defaults [SET:] NAME=VALUE [NAME=VALUE ...]"
	opDefForm      = "op_defaults [SET:] NAME=VALUE [NAME=VALUE ...]"
	tagForm        = "tag ID: RSC [RSC ...]"
	fencingForm    = "fencing_topology [NODE: | pattern:PATTERN | attr:NAME=VALUE] DEVICE[,DEVICE ...] [DEVICE ...]"
	monitorForm    = "monitor RSC[:ROLE] INTERVAL[:TIMEOUT]"
	xmlForm        = "xml <ELEMENT .../>"
)

func parserOf(verb string) (canonical string, p parser, ok bool) {
	switch verb {
	case "master":
		verb = "ms"
	case "collocation":
		verb = "colocation"
	case "fencing-topology":
		verb = "fencing_topology"
	}
	p, ok = map[string]parser{
		"node":             {nodeForm, 1, parseNode},
		"primitive":        {primitiveForm, 2, parsePrimitive},
		"rsc_template":     {templateForm, 2, parsePrimitive},
		"group":            {groupForm, 2, parseGroup},
		"clone":            {cloneForm, 2, parseClone},
		"ms":               {msForm, 2, parseClone},
		"bundle":           {bundleForm, 2, parseBundle},
		"location":         {locationForm, 3, parseLocation},
		"colocation":       {colocationForm, 3, parseColocation},
		"order":            {orderForm, 3, parseOrder},
		"rsc_ticket":       {ticketForm, 3, parseTicket},
		"property":         {propertyForm, 1, parseSet},
		"rsc_defaults":     {rscDefForm, 1, parseSet},
		"op_defaults":      {opDefForm, 1, parseSet},
		"tag":              {tagForm, 2, parseTag},
		"fencing_topology": {fencingForm, 1, parseFencing},
		"monitor":          {monitorForm, 2, parseMonitor},
	}[verb]
	return verb, p, ok
}

// Verbs lists the statements' first words, in the order in which objects are printed.
func Verbs() []string {
	return []string{"node", "rsc_template", "primitive", "bundle", "group", "ms", "clone", "tag",
		"location", "colocation", "order", "rsc_ticket", "fencing_topology",
		"property", "rsc_defaults", "op_defaults", "monitor", "xml"}
}

// IsVerb reports whether a statement may begin with the word.
func IsVerb(word string) bool {
	word = strings.ToLower(word)
	_, _, ok := parserOf(word)
	return ok || word == "xml"
}

// Form returns how the statement is written, "" for an unknown verb.
func Form(verb string) string {
	if verb == "xml" {
		return xmlForm
	}
	_, p, _ := parserOf(verb)
	return p.form
}

// ParseText reads one statement.
func ParseText(text string, ctx Context) (Parsed, error) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "xml "); ok {
		return parseXML(rest)
	}
	words, err := Words(text)
	if err != nil {
		return Parsed{}, err
	}
	return Parse(words, ctx)
}

// Parse reads one statement that was split into words already. The error is a
// *SyntaxError.
func Parse(words []string, ctx Context) (Parsed, error) {
	if len(words) == 0 {
		return Parsed{}, &SyntaxError{Verb: "statement", Msg: "nothing to read"}
	}
	words = slices.Clone(words)
	verb, p, ok := parserOf(strings.ToLower(words[0]))
	if verb == "xml" {
		return parseXML(strings.Join(words[1:], " "))
	}
	if !ok {
		return Parsed{}, &SyntaxError{Verb: words[0], Msg: "no such statement", Form: "one of " + strings.Join(Verbs(), ", ")}
	}
	words[0] = verb
	if len(words) > 1 {
		words[1] = strings.TrimPrefix(words[1], "id=") // some write primitive id=vip ...
	}
	r := &reader{words: words, at: 1, form: p.form, ctx: ctx}
	if len(words) < p.least+1 {
		r.at = len(words)
		return Parsed{}, r.fail("expected at least %d words after %s", p.least, verb)
	}
	parsed, err := p.parse(r)
	if err != nil {
		return Parsed{}, err
	}
	if !r.done() {
		return Parsed{}, r.fail("unexpected words: %s", strings.Join(r.words[r.at:], " "))
	}
	parsed.Verb, parsed.Notes = verb, r.notes
	return parsed, nil
}

// set writes an attribute of an element that is being made; "" leaves it out.
func set(e *cib.Element, name, value string) {
	if value == "" {
		return
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, cib.Attr{Name: name, Value: value})
}

// add appends a child to an element that is being made and returns the child.
func add(e, child *cib.Element) *cib.Element {
	e.Children = append(e.Children, child)
	return child
}
