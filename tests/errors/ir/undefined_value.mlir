xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.return %answer
}
