package chaos

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Main runs a campaign as the environment says: ROUNDS, SEED (default: of this moment),
// NODES, GUARD (fencing, quorum, witness, unprotected), KIND, CLOCKS=1 for wall clocks that jump, and
// CHAOS_DIR for the clusters' files.
func Main(ctx context.Context) error {
	c := Campaign{Kind: os.Getenv("KIND"), Guard: Guard(os.Getenv("GUARD")), Clocks: os.Getenv("CLOCKS") != "", Dir: os.Getenv("CHAOS_DIR"), Out: os.Stdout}
	var err error
	if c.Rounds, err = number("ROUNDS", 20); err != nil {
		return err
	}
	if c.Nodes, err = number("NODES", 0); err != nil {
		return err
	}
	seed, err := number("SEED", int(time.Now().Unix()%1_000_000))
	if err != nil {
		return err
	}
	c.Seed = uint64(seed)
	fmt.Fprintf(c.Out, "%d rounds from SEED=%d\n", c.Rounds, c.Seed)
	failed, err := c.Run(ctx)
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d rounds failed", failed)
	}
	return err
}

// number is an environment variable that is a number from 0 on.
func number(name string, otherwise int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s=%s: want a number from 0 on, as in %[1]s=20", name, text)
	}
	return n, nil
}
