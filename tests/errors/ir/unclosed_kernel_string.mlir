xcs.xla @k {
module @jit_f "{
}
