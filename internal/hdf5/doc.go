// Package hdf5 writes recordings as HDF5 files, for the tools that read them:
// h5py, MATLAB, Julia, h5dump, h5ls. It writes only; our own programs read NPY.
//
// A file is a tree of groups, made by [File.Group], that hold data sets of
// shape (rows, width), made by [Group.Dataset]. Rows may be appended to several
// data sets in turn. Groups and data sets carry attributes: numbers and text.
// [WriteArray] makes a data set of any shape, also of text, whose values are
// known at once.
//
//	f, err := hdf5.Create("net_recordings.h5")
//	g, err := f.Group("training/1/fb")
//	d, err := g.Dataset("g", hdf5.Float32, 300, hdf5.Options{Gzip: 4, Shuffle: true})
//	err = d.Write(rows) // as often as you like
//	err = f.Close()     // now the file appears
//
// # Atomic and bounded
//
// Everything goes to path + ".tmp", which [File.Close] renames; a killed export
// leaves no file that looks complete. Memory does not grow with the data but
// for 16 bytes a chunk: an open data set holds one chunk (256 KiB if not chosen
// otherwise, at least a row), and compression keeps a few more in flight, one
// for each of at most 4 cores. The bytes of the file do not depend on the
// number of cores, nor on the time.
//
// # What is in the file
//
// The structures are those that the HDF5 library 1.8 and later understands
// (HDF5 File Format Specification, version 3.0): superblock version 2, object
// headers version 2, compact links and attributes, chunked layout version 3
// with version-1 B-trees, filters shuffle and deflate, variable-length UTF-8
// strings in global heaps. Data sets can be resized along their first axis by
// whoever opens the file later.
//
// # Errors
//
// After a failed write nothing more can be saved: every later call returns the
// same error, and Close removes the temporary file. A refused argument is an
// error too, but leaves the file usable.
package hdf5
