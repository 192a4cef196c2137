// Package neurocredit is a library for biologically plausible learning in
// cortical circuits. This package is only the map:
//
//	data         tasks and data sets: Yin-Yang, MNIST, bars, mimic, your own; knows no model
//	dendritic    cortical microcircuits that learn from dendritic errors: feedback alignment, PAL, your own rules
//
// README.md shows the first steps, docs/concepts.md is a tour of what all
// systems have in common, docs/rules.md tells how to write a learning rule, and
// docs/models describes each model completely.
package neurocredit
