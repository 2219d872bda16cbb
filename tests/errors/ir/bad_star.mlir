xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b, %c = xcs.unpack pure %a star 2 -> (!xcs.obj, !xcs.obj)
  xcs.return %a
}
