package match

// spell takes a word into the series of single letters when it is one, and ends the series when it is not.
func (s *scan) spell(first, last int, signs bool) {
	single := s.chars[first].Start == s.chars[last].Start
	if n := first - s.seriesEnd - 1; len(s.series) > 0 && (!single || n < 1 || n > maxGap) {
		s.endSeries(signs)
	}
	if !single {
		return
	}
	s.series = append(s.series, s.letters...)
	s.seriesEnd = last
	s.seriesSymbols = s.seriesSymbols || !s.chars[first].InWord()
}

// endSeries finds the word that three or more single letters spell. A second reading, with signs, is only for those that
// have some.
func (s *scan) endSeries(signs bool) {
	if len(s.series) >= 3 && (!signs || s.seriesSymbols) {
		s.find(word{letters: s.series, how: Spelled})
	}
	s.series, s.seriesSymbols = s.series[:0], false
}
