// Package npy writes and reads NumPy's NPY files: growing recordings that
// survive a kill, and small finished arrays.
//
//   - [Appender] writes a recording, one row at a time, and can reopen it to
//     resume a run.
//   - [Reader] reads parts of a file of any size as float64.
//   - [WriteArray] writes one finished array.
//
// # What a killed run leaves
//
// An Appender always writes data before it advances the row count in the
// header, so whatever the moment of a kill, NumPy opens the file and finds
// complete rows only. Bytes behind the counted rows are ignored by NumPy and
// by Reader, and are cut off by [Open]. This holds for a killed process after
// each [Appender.Flush], for a lost machine after each [Appender.Sync].
//
// # Limits
//
// Files are little endian and in C order. There is no support for structured
// types, text, Python objects, Fortran order, or NPZ archives. The format is
// described in NumPy's documentation of numpy.lib.format; versions 1.0 and 2.0
// are read, version 1.0 is written.
package npy
