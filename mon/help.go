package mon

// Help is what crm_mon --help prints.
const Help = `crm_mon - the state of the cluster

Usage: crm_mon [OPTION...]

Shows nodes, resources and failures: once with -1, else for ever on the terminal, where
it is redrawn whenever something happens.

Output:
  --output-as=FORMAT          console (default), text, xml, html or none
  --output-to=FILE            Write there ("-": standard output)
  -X, --as-xml                The XML of older versions
  -s, --simple-status         One line for monitoring systems

Display options:
  -I, --include=SECTIONS      Sections to show: all, attributes, bans[:PREFIX], counts, dc,
                              default, failcounts, failures, fencing, fencing-failed,
                              fencing-pending, fencing-succeeded, maint-mode, nodes, none,
                              operations, options, resources, stack, summary, tickets, times
  -U, --exclude=SECTIONS      Sections to leave out
      --node=NODE             Only this node, or the nodes with this tag
      --resource=RSC          Only this resource, or the resources with this tag
  -n, --group-by-node         Group resources by node
  -r, --inactive              Display inactive resources
  -f, --failcounts            Display resource fail counts
  -o, --operations            Display resource operation history
  -t, --timing-details        Display resource operation history with timing details
  -c, --tickets               Display cluster tickets
  -m, --fence-history=LEVEL   Show fence history: 0=off, 1=failures and pending, 2=add
                              successes, 3=everything
  -L, --neg-locations         Display negative location constraints
  -A, --show-node-attributes  Display node attributes
  -D, --hide-headers          Hide all headers
  -R, --show-detail           Show more details (node IDs, individual clone instances)
      --show-description      Show resource descriptions
  -b, --brief                 Brief output
  -j, --pending               Display pending state (always on)

Additional options:
  -i, --interval=TIMESPEC     Update frequency (default: 5 seconds; a running cluster is
                              shown at once whenever it changes)
  -1, --one-shot              Display the cluster status once and exit
  -d, --daemonize             Write to --output-to again and again
  -p, --pid-file=FILE         Write the process id there (with -d)
  -x, --xml-file=FILE         Show this CIB
  -N, --disable-ncurses       Accepted; -1 is what scripts want
  -h, --as-html=FILE          Write a page of HTML there
  -$, --version               Version
  -V, --verbose               Accepted
      --help, --help-all      This text

Exit codes: 0; 2 with -s when the cluster cannot be reached; 64 wrong use; 66 or 78 no
usable CIB file; 102 the cluster is not running.

Examples:
  crm_mon
  crm_mon -1 -rfA
  crm_mon --one-shot --output-as=xml
`
