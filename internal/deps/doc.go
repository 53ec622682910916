// Package deps holds the modules' versions while packages are being written.
package deps
