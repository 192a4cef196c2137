// Package neurocredit is a library for biologically plausible learning in
// cortical circuits. This package is only the map:
//
//	data         tasks and data sets: Yin-Yang, MNIST, bars, mimic, spiking tasks, your own; knows no model
//	dendritic    cortical microcircuits that classify, with latent equilibrium: feedback alignment, PAL, your own rules
//	pal          the microcircuit of phaseless alignment learning as the NumPy program of its authors runs it
//	mdgl         recurrent networks of spiking neurons: multidigraph learning, e-prop, backpropagation through time
//	plotting     figures and diagnostic plots from results; never runs a simulation
//
// README.md shows the first steps, docs/concepts.md is a tour of what all
// systems have in common, docs/rules.md tells how to write a learning rule, and
// docs/models describes each model completely. The command is cmd/neurocredit.
package neurocredit
