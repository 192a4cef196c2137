package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns a maker of slices that end where memory ends, or begin where it
// begins: what reads or writes beyond them crashes.
func guarded[E any](t *testing.T, atEnd bool) func(n int) []E {
	return func(n int) []E {
		page, size := unix.Getpagesize(), n*int(unsafe.Sizeof(*new(E)))
		inner := (size + page) / page * page
		m, err := unix.Mmap(-1, 0, inner+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Munmap(m) })
		for _, guard := range [][]byte{m[:page], m[page+inner:]} {
			if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		from := page
		if atEnd {
			from += inner - size
		}
		return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(m[from:]))), n)
	}
}

func TestKernelsStayInTheirMemory(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 5))
	for n := range 41 {
		for _, m := range []int{0, 1, 3} {
			for _, atEnd := range []bool{false, true} {
				t.Run(fmt.Sprintf("%dx%d", m, n), func(t *testing.T) { compareForms(t, m, n, g.NormFloat64, guarded[float64](t, atEnd)) })
			}
		}
		for _, atEnd := range []bool{false, true} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				compareSpiking(t, n, g.NormFloat64, guarded[float32](t, atEnd), guarded[uint64](t, atEnd))
				compareSparse(t, g, 3*n, n, g.NormFloat64, guarded[float32](t, atEnd), guarded[uint64](t, atEnd))
			})
		}
	}
}
