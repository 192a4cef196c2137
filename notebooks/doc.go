// Package notebooks holds the module's Jupyter notebooks and the test that reads and runs each of them.
//
// README.md tells how to open and write them. The test runs every notebook in quick mode with the kernel found by the
// environment variable NEUROCREDIT_GONB; without a kernel it only reads them.
package notebooks
