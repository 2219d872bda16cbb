xcs.xla @k {
module @jit_f {
  func.func @main() {
}
}
