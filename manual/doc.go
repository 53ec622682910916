// Package manual answers "how does a help text become a manual page?". A program's help
// text is the only source: --help prints it as it is, and Page sets the same words in
// troff for man(1), so that the two cannot disagree.
//
//	NAME - what it is for          the first line: section NAME
//	Usage: NAME ...                SYNOPSIS; indented lines go on with it
//	Commands:                      a section, when indented lines follow
//	  -x, --option   text          an entry of a list: two blanks before the text
//	Exit codes: 0 done; ...        a section whose text begins on the same line
//	Examples:                      a section set as it is written
//	other lines                    paragraphs
package manual
