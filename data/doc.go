// Package data makes and reads the tasks on which the networks are trained. It
// knows no model: a data set is a table of inputs with a class or a target
// vector for each row, in three parts for training, validation and testing.
//
//   - [YinYang], [Bars] and [Mimic] generate their patterns, bit for bit as the
//     published experiments do.
//   - [MNIST] and [CIFAR10] read the files of these databases, which [Fetch]
//     downloads.
//   - [Files] reads your own data from CSV or NPY files, [Images] your own
//     photographs in the format of CIFAR-10.
//
// All of them are plain structs that implement [Source]; Load returns [Splits]
// whose three sets have passed [Set.Validate]. Further data sets need only that
// one method, written anywhere.
//
// Tasks for spiking networks are not tables but make their trials one by one, as
// spike times: [Evidence], [DelayedMatch], [Pattern], [StoreRecall] and
// [SequentialMNIST] implement [Task]. A trial follows from seed, part and index
// alone.
//
// # Random numbers
//
// The generated sets draw from numpy's legacy generator, seeded by the data
// seed. No source hands a generator on: in the published experiments initial
// weights and sample orders come from a generator that is seeded anew after
// loading, with the seed of the network. So one data seed gives the same data
// to every network seed.
//
// # Where files are kept
//
// Downloaded data sets lie in a folder of their own name: below the folder in
// the environment variable NEUROCREDIT_DATA if that is set, and otherwise below
// neurocredit in the user's cache folder ([os.UserCacheDir]). [Folder] tells
// which.
//
// # Errors
//
// Damaged files, values that are not finite numbers, and labels out of range
// are errors that name file, row and value. Nothing is repaired, clipped or
// skipped. In messages rows and columns count from 0, lines of text files from
// 1.
package data
