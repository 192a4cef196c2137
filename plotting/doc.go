// Package plotting draws the figures and the diagnostic plots of the library,
// from results on disk or in memory. It never runs a simulation.
//
// # Figures of one's own
//
// A [Figure] is a grid of panels. A [Panel] is a pair of axes; its methods add
// content:
//
//   - [Panel.Curves]: quantities over epochs or time, mean ± standard deviation
//     over runs or a thin line per run
//   - [Panel.Lines], [Panel.Signals]: lines; many thin lines, such as all weights
//   - [Panel.Points], [Panel.Bars], [Panel.Histogram]: samples and distributions
//   - [Panel.Scatter], [Panel.Classes]: points of the plane, also with classes
//   - [Panel.Heat]: matrices and images with a colour bar
//   - [Panel.Raster]: spikes
//   - [Panel.HLine], [Panel.VLine]: reference lines
//   - [Panel.Add]: any plotter of gonum.org/v1/plot
//
// [Show] shows a figure in a GoNB notebook or on a terminal, [Save] writes it as
// PNG and SVG, [Figure.PNG] and [Figure.SVG] return the bytes.
//
// # Dendritic microcircuits
//
//   - [LearningCurves] compares groups of runs: Fig. 4c-f and Supplementary Fig. 2
//     of arXiv 2212.10249
//   - [Summarize] is the table to it
//   - [Sweep] evaluates groups of runs into a folder
//   - [Eval] makes all diagnostic plots of a run, [Detail] those of one epoch
//
// # PAL microcircuit
//
//   - [PALAlignment] shows how top-down weights align: Fig. 3 of arXiv 2212.10249
//   - [PALChain] compares groups of runs of a chain with a teacher: Fig. 4a,b
//   - [PALProspective] compares prospective with instantaneous voltages
//   - [PALEval] makes all diagnostic plots of runs with different seeds
//
// # Spiking networks
//
//   - [MDGLCurves] compares groups of runs: Fig. 3 of Liu et al., PNAS 118(51) (2021)
//   - [MDGLNetwork] shows cell types, mean weights between them, and all weights
//   - [MDGLRaster] shows input, spikes and readout of a trial, [MDGLTraces] voltages,
//     thresholds and adaptation of single neurons
//   - [MDGLAgreement] shows how gradients of rules agree with the exact one,
//     [MDGLModulation] what neurons hear, by cell type
//
// # Style
//
// All figures share one style. Colours are those of Okabe and Ito, which all
// forms of colour vision tell apart, and every series differs from the others by
// line style and marker as well. A series has the same look in all panels of a
// figure. Colour maps are Paul Tol's. Legends stand above the axes and never cover
// data; if all panels share one, it stands above the figure. Texts have 8 to 11
// points at the printed size. Data areas have a fixed size, so that panels of
// different figures match.
//
// # Numbers
//
// Standard deviations are those of the population (divided by n), as in the
// published evaluation. NaN is a missing value. What a logarithmic axis cannot
// show is left out, and a panel of nothing says so.
//
// The same figure gives the same bytes in every run of a program on one processor
// architecture; other architectures may differ in single shades of pixels.
//
// # Errors
//
// Wrong lengths of slices, negative colours and a missing matrix are programming
// errors: the methods of Panel panic with a message that begins with "plotting:".
// Everything else is an error, such as ranges of axes that are not finite or too
// narrow. What is not recorded is neither: Eval, Detail and PALEval report it as a
// [Skip].
//
// # Limits
//
// Figures are static; there is no zooming and no three-dimensional plot. Long
// recordings are averaged in windows before they are drawn, as the published
// program does, and at most 1000 lines are drawn of one recording.
package plotting
