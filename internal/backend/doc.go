// Package backend chooses and opens the tensor backend that compiled programs
// run on.
//
// # Backends
//
//	go        pure Go, always there, about 5 to 20 times slower than XLA
//	xla:cpu   XLA on the processor, needs a plugin (a shared object of 200 MB)
//	xla:cuda  XLA on an NVIDIA GPU, needs a plugin, CUDA's libraries and NVIDIA's
//	          driver; TF32 is off, because its 10 bits of mantissa spoil the dynamics
//	auto      the last of these that works: xla:cuda, xla:cpu, go
//
// [Open] takes a name, or else that in NEUROCREDIT_BACKEND, or else auto. Only
// auto falls back; a backend that was asked for by name and fails is an error.
// [Backend.String] says in one line what was chosen and why.
//
// XLA is part of programs that import it, as database drivers are, so that all
// others stay small: package internal/backend/xla does, and with it the command
// neurocredit; a program of one's own imports _ "github.com/gomlx/go-xla/compute/xla".
// It needs Linux and cgo. Programs without it have the backend go alone and say so.
//
// # Plugins
//
// Plugins are looked for in the folders of PJRT_PLUGIN_LIBRARY_PATH, in
// [Folder], where [Install] puts them, and where GoMLX's own installer does. A
// plugin for CUDA finds CUDA's libraries by their position relative to itself, which
// is that of Python packages. Nothing here uses the network but [Install].
package backend
