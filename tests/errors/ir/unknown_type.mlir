xcs.func @f(%a : !xcs.object) -> (!xcs.obj) {
  xcs.return %a
}
