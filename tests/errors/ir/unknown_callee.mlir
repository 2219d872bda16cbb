xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure @classify(%a)
  xcs.return %a
}
