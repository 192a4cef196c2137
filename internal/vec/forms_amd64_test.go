//go:build !purego

package vec

import (
	"os"
	"regexp"
	"testing"
)

// eachForm calls f with every form of the kernels in use that this processor can run.
func eachForm(f func(name string)) {
	has2, has512 := avx2, avx512
	defer func() { avx2, avx512 = has2, has512 }()
	if has512 {
		f("AVX-512")
	}
	if avx512 = false; has2 {
		f("AVX2")
	}
	avx2 = false
	f("plain")
}

// The assembler takes instructions of AVX-512 wherever a register asks for them.
func TestAVX2HasNoRegistersOfAVX512(t *testing.T) {
	text, err := os.ReadFile("avx2_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`\b(Z\d+|K\d|[XY](1[6-9]|[23]\d))\b|AVX512`).Find(text); found != nil {
		t.Errorf("avx2_amd64.s contains %s", found)
	}
}
