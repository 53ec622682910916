package shell

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/tactus-ha/tactus/api"
)

const takeOverHelp = `When too many nodes are lost for a quorum (of two: the other one), the rest waits: nothing proves that the lost
ones are off. You can be the proof. Make sure that they are off: look at them, cut their power, pull their cables. Then say it on
the node that shall go on:

    cluster take-over --i-confirm-peer-is-off

It goes on at once, alone, in a new incarnation, and starts what the lost nodes ran. A lost node that comes back gives up what it had
agreed on by itself and joins. If it was not off after all, what it runs has run twice, and what it acknowledged meanwhile is lost.
Without the phrase nothing is done: you are told what would be. It is refused when the missing node can be heard, when there is a
quorum, and on a witness.`

// runTakeOver lets this node go on without the nodes that are missing.
func runTakeOver(ctx context.Context, s *Session, args []string) error {
	if s.rehearsal != nil {
		return fmt.Errorf("take-over cannot be rehearsed; without its phrase it only says what it would do: crm cluster take-over")
	}
	if err := s.live(); err != nil {
		return err
	}
	query := url.Values{}
	if len(args) == 1 {
		if args[0] != "--"+api.TakeOverPhrase {
			return fmt.Errorf("take-over: %q is not what has to be said; cluster take-over --%s, when it is true", args[0], api.TakeOverPhrase)
		}
		query.Set("confirm", api.TakeOverPhrase)
	}
	var t api.TakeOver
	if err := s.store.API().Post(ctx, "/v1/take-over", query, struct{}{}, &t); err != nil {
		return err
	}
	var names []string
	for _, n := range t.Missing {
		names = append(names, string(n))
	}
	missing := strings.Join(names, ", ")
	if t.Done {
		s.printf("%s goes on without %s, in incarnation %d; %s\n", t.Node, missing, t.Incarnation, t.Reason)
		return nil
	}
	s.printf("Nothing was done. %s has no quorum: %s.\n", t.Node, t.Reason)
	s.printf("Taken over, it goes on without %s and starts what ran there.\n", missing)
	s.printf("If one of them is not off, what it runs runs twice, and what it acknowledges is lost.\n")
	return fmt.Errorf("not confirmed; make sure that %s is off (cut the power), then: crm cluster take-over --%s", missing, api.TakeOverPhrase)
}
