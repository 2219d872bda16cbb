xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure "g"(%a)
  xcs.return %a
}
