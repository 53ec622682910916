package chaos

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// Guard is what keeps a resource from being active twice.
type Guard string

// The guards.
const (
	Fencing     Guard = "fencing"     // a power switch
	Quorum      Guard = "quorum"      // a majority, and nothing else
	Witness     Guard = "witness"     // the same with two nodes, and a third that only votes
	Unprotected Guard = "unprotected" // two nodes that go on alone: twice is allowed, for a while
)

// Shape is one kind of cluster.
type Shape struct {
	Nodes int // without the witness
	Guard Guard
}

func (s Shape) String() string { return fmt.Sprintf("%d nodes, %s", s.Nodes, s.Guard) }

// counts reports whether a majority, and not fencing, keeps resources from being active twice.
func (s Shape) counts() bool { return s.Guard == Quorum || s.Guard == Witness }

// voters is how many machines the cluster has, the witness included.
func (s Shape) voters() int {
	if s.Guard == Witness {
		return s.Nodes + 1
	}
	return s.Nodes
}

// vip is the address that clients ask.
const vip = "10.7.36.200"

// services of the load; each must be active once; of lead, the promoted instance.
var services = []string{frontName, "db", "app", "lone", leadName}

// load is the configuration that every round runs under.
const load = `property start-failure-is-fatal=false
rsc_defaults rd: failure-timeout=15s
primitive vip ocf:heartbeat:IPaddr2 params ip=` + vip + ` op monitor interval=2s
primitive front ocf:chaos:service op monitor interval=2s
group web vip front
primitive db ocf:chaos:service op monitor interval=2s
primitive app ocf:chaos:service op monitor interval=3s
colocation app-with-db inf: app db
order db-then-app Mandatory: db app
primitive lone ocf:chaos:service op monitor interval=3s
colocation apart -1000: lone db
primitive lead ocf:chaos:service op monitor interval=3s role=Promoted op monitor interval=4s role=Unpromoted
clone lead-clone lead meta promotable=true
location lead-anywhere lead-clone rule role=Promoted 10: defined #uname
`

// world is a cluster under load, with everybody who watches it.
type world struct {
	*testcluster.Cluster
	shape   Shape
	dir     string
	referee *referee
	story   *story
	clients []*api.Client // by node
	keeper  *keeper
	open    []deed // changes of earlier rounds without an answer: they may still come
}

// newWorld starts a cluster of that shape in dir and waits until its load runs.
func newWorld(ctx context.Context, shape Shape, bin, dir string) (*world, error) {
	opts := testcluster.Options{Links: 2, Bin: bin, Dir: dir, DiskSize: 24 << 20}
	for i := range shape.Nodes {
		opts.Nodes = append(opts.Nodes, fmt.Sprintf("server%d", i+1))
	}
	if shape.Guard == Witness {
		opts.Witness = "witness"
		opts.Nodes = append(opts.Nodes, opts.Witness)
	}
	cluster, err := testcluster.New(opts)
	if err != nil {
		return nil, err
	}
	w := &world{Cluster: cluster, shape: shape, dir: dir, story: newStory()}
	if err := w.begin(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) begin(ctx context.Context) error {
	socket := filepath.Join(w.dir, "referee.sock")
	var err error
	if w.referee, err = newReferee(socket); err != nil {
		return err
	}
	for _, n := range w.Nodes {
		if err := installAgent(n, socket); err != nil {
			return err
		}
		w.clients = append(w.clients, api.NewClient(n.Path("run/tactus/crmd.sock")))
	}
	if err := w.StartDaemons(); err != nil {
		return err
	}
	w.keeper = keep(w)
	if err := w.await(ctx, "all nodes are members", func() string { return w.membersMissing(ctx) }); err != nil {
		return err
	}
	if err := w.configure(ctx); err != nil {
		return err
	}
	if err := w.await(ctx, "the load runs", func() string { return w.audit(ctx) }); err != nil {
		return err
	}
	return w.prepareRegisters(ctx)
}

func (w *world) configure(ctx context.Context) error {
	config := map[Guard]string{
		Fencing:     "primitive power stonith:" + testcluster.PowerAgent + " op monitor interval=10s\nproperty stonith-enabled=true no-quorum-policy=stop\n",
		Quorum:      "property stonith-enabled=false no-quorum-policy=stop\n",
		Witness:     "property stonith-enabled=false no-quorum-policy=stop\n",
		Unprotected: "property stonith-enabled=false no-quorum-policy=ignore\n",
	}[w.shape.Guard] + load + "commit\n"
	out, err := w.Nodes[0].ToolWithInput(ctx, config, "crm", "-F", "configure")
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return fmt.Errorf("crm configure: exit code %d\n%s%s", out.Code, out.Stdout, out.Stderr)
	}
	return nil
}

func (w *world) close() {
	if w.keeper != nil {
		w.keeper.close()
	}
	for _, c := range w.clients {
		c.Close()
	}
	w.Cluster.Close()
	if w.referee != nil {
		w.referee.close()
	}
}

// patience bounds every wait of the campaign. It measures nothing.
const patience = 4 * time.Minute

// await polls until missing says nothing, twice in a row.
func (w *world) await(ctx context.Context, what string, missing func() string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last := ""
	for quiet := 0; quiet < 2; {
		now := missing()
		if now == "" {
			quiet++
		} else {
			quiet = 0
			if now != last {
				w.story.tell("not yet: %s", now)
			}
			last = now
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain until %s: %s", patience, what, last)
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// ask bounds one question to a node.
const ask = 5 * time.Second

func (w *world) status(ctx context.Context, node int) (api.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, ask)
	defer cancel()
	return w.clients[node].Status(ctx)
}

// visit asks the service at the virtual address who it is.
func visit(ctx context.Context) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+vip+frontPort, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var b [64]byte
	n, _ := resp.Body.Read(b[:])
	if n == 0 {
		return "", errors.New("an empty answer")
	}
	return string(b[:n]), nil
}

// keeper starts daemons that ended again, as an init system does, but where a fault wants
// them down.
type keeper struct {
	w    *world
	stop context.CancelFunc
	done chan struct{}

	mu   sync.Mutex // guards held
	held map[heldDaemon]int
}

type heldDaemon struct{ node, daemon string }

func keep(w *world) *keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{w: w, stop: stop, done: make(chan struct{}), held: map[heldDaemon]int{}}
	go func() {
		defer close(k.done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(150 * time.Millisecond):
			}
			for _, n := range w.Nodes {
				if started, err := n.Revive(k.heldOn(n.Name)...); err == nil && len(started) > 0 {
					w.story.tell("the keeper starts %s on %s", strings.Join(started, " and "), n.Name)
				}
			}
		}
	}()
	return k
}

// hold keeps daemons of a node down until release.
func (k *keeper) hold(node string, daemons ...string)    { k.count(node, daemons, 1) }
func (k *keeper) release(node string, daemons ...string) { k.count(node, daemons, -1) }

func (k *keeper) count(node string, daemons []string, by int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range daemons {
		k.held[heldDaemon{node, d}] += by
	}
}

func (k *keeper) heldOn(node string) (daemons []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range []string{"crmd", "lrmd"} {
		if k.held[heldDaemon{node, d}] > 0 {
			daemons = append(daemons, d)
		}
	}
	return daemons
}

func (k *keeper) close() {
	k.stop()
	<-k.done
}

// shown is the part of crm_mon's XML that audits read.
type shown struct {
	Resources struct {
		Plain  []resourceShown `xml:"resource"`
		Groups []struct {
			Members []resourceShown `xml:"resource"`
		} `xml:"group"`
		Clones []struct {
			Instances []resourceShown `xml:"resource"`
		} `xml:"clone"`
	} `xml:"resources"`
}

type resourceShown struct {
	ID      string `xml:"id,attr"`
	Role    string `xml:"role,attr"`
	Failed  bool   `xml:"failed,attr"`
	Blocked bool   `xml:"blocked,attr"`
	Nodes   []struct {
		Name string `xml:"name,attr"`
	} `xml:"node"`
}

// locations tells where each resource is, as a node's tools show it. A promotable's
// entry counts promoted instances only.
func (w *world) locations(ctx context.Context, node *testcluster.Node) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*ask)
	defer cancel()
	out, err := node.Tool(ctx, "crm_mon", "-1", "-r", "--output-as", "xml")
	if err != nil {
		return nil, err
	}
	if out.Code != 0 || strings.Contains(out.Stderr, "NOT CURRENT") {
		return nil, fmt.Errorf("crm_mon on %s: exit code %d %s", node.Name, out.Code, out.Stderr)
	}
	var s shown
	if err := xml.Unmarshal([]byte(out.Stdout), &s); err != nil {
		return nil, err
	}
	at := map[string][]string{}
	list := s.Resources.Plain
	for _, g := range s.Resources.Groups {
		list = append(list, g.Members...)
	}
	for _, c := range s.Resources.Clones {
		for _, r := range c.Instances {
			if r.Role == "Promoted" || r.Role == "Master" {
				list = append(list, r)
			}
		}
	}
	for _, r := range list {
		if r.Failed || r.Blocked {
			return nil, fmt.Errorf("%s is failed or blocked", r.ID)
		}
		for _, n := range r.Nodes {
			id, _, _ := strings.Cut(r.ID, ":")
			at[id] = append(at[id], n.Name)
		}
	}
	return at, nil
}
