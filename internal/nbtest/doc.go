// Package nbtest reads, checks and runs Jupyter notebooks written for GoNB, the Go kernel, from a Go test: neither
// Jupyter nor Python is needed.
//
// A notebook is read with [Parse] or [Read]. [Notebook.Check] finds what must not be committed or would not work for
// every reader (outputs, absolute paths, implicit imports, ...) and [Notebook.Clean] puts right what can be put right
// without a person. [Run] starts a kernel of its own, executes the code cells in order, and reports the first that
// failed; [Need] finds the kernel's programs, or skips the test.
//
// The kernel is spoken to in the Jupyter messaging protocol, version 5.4 (https://jupyter-client.readthedocs.io), over
// Unix sockets in a private folder. The notebook format is nbformat 4 (https://nbformat.readthedocs.io).
package nbtest
